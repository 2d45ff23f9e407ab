SELECT
    written_date,
    product,
    channel,
    language,
    count(*) AS messages,
    count(compound) AS scored,
    count(*) FILTER (WHERE label = 'positive') AS positive,
    count(*) FILTER (WHERE label = 'neutral') AS neutral,
    count(*) FILTER (WHERE label = 'negative') AS negative,
    avg(compound) AS mean_compound,
    count(*) FILTER (WHERE label = 'positive') / nullif(count(compound), 0) AS positive_share,
    count(*) FILTER (WHERE label = 'negative') / nullif(count(compound), 0) AS negative_share,
    max(model) AS model,
    max(model_version) AS model_version
FROM curated.scored_feedback
GROUP BY ALL
