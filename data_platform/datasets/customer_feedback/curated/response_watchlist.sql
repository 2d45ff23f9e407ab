WITH counted AS (
    SELECT
        product,
        channel,
        count(compound) FILTER (WHERE written_date >= partition_start()) AS scored,
        count(*) FILTER (WHERE label = 'negative' AND written_date >= partition_start()) AS negative,
        avg(compound) FILTER (WHERE written_date >= partition_start()) AS mean_compound,
        count(compound) FILTER (WHERE written_date < partition_start()) AS before_scored,
        count(*) FILTER (WHERE label = 'negative' AND written_date < partition_start()) AS before_negative,
        avg(compound) FILTER (WHERE written_date < partition_start()) AS before_mean_compound,
        count(DISTINCT date_trunc('week', written_date)) FILTER (WHERE written_date < partition_start()) AS weeks_before
    FROM curated.scored_feedback
    GROUP BY product, channel
),

shares AS (
    SELECT
        *,
        negative / nullif(scored, 0) AS negative_share,
        before_negative / nullif(before_scored, 0) AS before_negative_share,
        (negative + before_negative) / nullif(scored + before_scored, 0) AS pooled_share
    FROM counted
),

-- Two proportions, pooled: how many standard errors the share of negatives lies above that of the weeks before.
measured AS (
    SELECT
        *,
        (negative_share - before_negative_share)
        / nullif(sqrt(pooled_share * (1 - pooled_share) * (1 / scored + 1 / before_scored)), 0) AS z_score
    FROM shares
)

SELECT
    CAST(partition_start() AS DATE) AS week_start,
    product,
    channel,
    scored,
    negative,
    negative_share,
    mean_compound,
    weeks_before,
    before_scored,
    before_negative,
    before_negative_share,
    before_mean_compound,
    z_score,
    CASE
        WHEN weeks_before < 2 OR scored < 10 OR before_scored < 30 THEN 'unknown'
        WHEN z_score >= 4 AND negative_share - before_negative_share >= 0.2 THEN 'alert'
        WHEN z_score >= 3.3 AND negative_share - before_negative_share >= 0.15 THEN 'watch'
        ELSE 'none'
    END AS severity
FROM measured
