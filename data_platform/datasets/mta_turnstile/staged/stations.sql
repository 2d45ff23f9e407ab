SELECT
    nullif(trim(Remote), '') AS unit,
    nullif(trim(Booth), '') AS control_area,
    nullif(trim(Station), '') AS station,
    nullif(trim("Line Name"), '') AS line,
    nullif(trim(Division), '') AS division
FROM raw.stations
