SELECT
    nullif(trim(customer_id), '') AS customer_id,
    nullif(trim(name), '') AS name,
    lower(nullif(trim(email), '')) AS email,
    nullif(trim(phone), '') AS phone,
    nullif(trim(address), '') AS address,
    upper(nullif(trim(country), '')) AS country,
    coalesce("the ""tier"" of loyalty", 'none') AS tier,
    created_at,
    updated_at
FROM raw.customers
