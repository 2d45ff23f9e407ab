WITH messages AS (
    SELECT
        *,
        written_date >= partition_start() AS is_now,
        -- Ten bins of equal width from -1 to 1; the last one has 1 itself.
        CASE WHEN compound IS NOT NULL THEN least(9, CAST(floor((compound + 1) * 5) AS INTEGER)) END AS bin,
        CASE WHEN rating >= 4 THEN 'positive' WHEN rating <= 2 THEN 'negative' END AS by_stars
    FROM curated.scored_feedback
),

counted AS (
    SELECT
        language,
        count(*) FILTER (WHERE is_now) AS messages,
        count(compound) FILTER (WHERE is_now) AS scored,
        count(compound) FILTER (WHERE NOT is_now) AS before_scored,
        avg(compound) FILTER (WHERE is_now) AS mean_compound,
        stddev_samp(compound) FILTER (WHERE is_now) AS compound_deviation,
        count(*) FILTER (WHERE is_now AND compound IS NOT NULL AND by_stars IS NOT NULL) AS judged,
        count(*) FILTER (WHERE is_now AND compound IS NOT NULL AND label = by_stars) AS agreed,
        count(*) FILTER (WHERE is_now AND by_stars = 'positive' AND label = 'positive') AS positive_agreed,
        count(*) FILTER (WHERE is_now AND by_stars = 'negative' AND label = 'negative') AS negative_agreed,
        count(*) FILTER (WHERE is_now AND by_stars = 'positive' AND compound IS NOT NULL) AS positive_by_stars,
        count(*) FILTER (WHERE is_now AND by_stars = 'negative' AND compound IS NOT NULL) AS negative_by_stars,
        count(*) FILTER (WHERE is_now AND by_stars IS NOT NULL AND label = 'positive') AS positive_told,
        count(*) FILTER (WHERE is_now AND by_stars IS NOT NULL AND label = 'negative') AS negative_told,
        max(model) AS model,
        max(model_version) AS model_version
    FROM messages
    GROUP BY language
),

bins AS (
    SELECT
        language,
        bin,
        count(*) FILTER (WHERE is_now) AS now_messages,
        count(*) FILTER (WHERE NOT is_now) AS before_messages
    FROM messages
    WHERE bin IS NOT NULL
    GROUP BY language, bin
),

-- Half a message more in each of ten bins, so that an empty one has no infinite weight.
shares AS (
    SELECT
        bins.language,
        (bins.now_messages + 0.5) / (counted.scored + 5) AS now_share,
        (bins.before_messages + 0.5) / (counted.before_scored + 5) AS before_share
    FROM bins
    INNER JOIN counted ON bins.language = counted.language
),

stability AS (
    SELECT
        language,
        sum((now_share - before_share) * ln(now_share / before_share)) AS stability_index
    FROM shares
    GROUP BY language
)

SELECT
    CAST(partition_start() AS DATE) AS week_start,
    counted.language,
    counted.model,
    counted.model_version,
    counted.messages,
    counted.scored,
    counted.messages - counted.scored AS unscored,
    counted.scored / counted.messages AS scored_share,
    counted.mean_compound,
    counted.compound_deviation,
    counted.before_scored,
    CASE WHEN counted.scored >= 100 AND counted.before_scored >= 100 THEN stability.stability_index END
        AS stability_index,
    counted.judged,
    counted.agreed,
    counted.agreed / nullif(counted.judged, 0) AS agreed_share,
    CASE
        WHEN counted.judged > 0
            THEN
                counted.positive_agreed / nullif(counted.positive_by_stars + counted.positive_told, 0)
                + counted.negative_agreed / nullif(counted.negative_by_stars + counted.negative_told, 0)
    END AS macro_f1
FROM counted
LEFT JOIN stability ON counted.language = stability.language
WHERE counted.messages > 0
