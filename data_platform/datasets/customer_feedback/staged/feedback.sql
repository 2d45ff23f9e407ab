SELECT
    feedback_id,
    source,
    channel,
    product,
    customer_id,
    author,
    created_at,
    edited_at,
    text,
    language,
    language_confidence,
    rating
FROM staged.posts
UNION ALL
SELECT
    feedback_id,
    source,
    channel,
    product,
    customer_id,
    author,
    created_at,
    edited_at,
    text,
    language,
    language_confidence,
    rating
FROM staged.reviews
