WITH touched AS (
    SELECT
        product,
        compound,
        label,
        unnest(themes) AS theme
    FROM curated.scored_feedback
),

counted AS (
    SELECT
        product,
        theme,
        count(*) AS messages,
        count(compound) AS scored,
        count(*) FILTER (WHERE label = 'negative') AS negative
    FROM touched
    GROUP BY product, theme
),

everything AS (
    SELECT
        product,
        count(*) AS said
    FROM curated.scored_feedback
    GROUP BY product
)

SELECT
    CAST(partition_start() AS DATE) AS week_start,
    counted.product,
    counted.theme,
    counted.messages,
    counted.scored,
    counted.negative,
    counted.negative / nullif(counted.scored, 0) AS negative_share,
    counted.messages / everything.said AS theme_share,
    -- Twice as much of this product's messages as of all products': what this product is known for.
    (counted.messages / everything.said)
    / (sum(counted.messages) OVER (PARTITION BY counted.theme) / (SELECT sum(said) FROM everything)) AS lift
FROM counted
INNER JOIN everything ON counted.product = everything.product
