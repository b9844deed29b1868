--
-- Stock report, Copyright (c) 2009 Marrakesh Spice Trading Company
-- CONFIDENTIAL. Unauthorized copying of this file, via any medium, is strictly prohibited.
--

CREATE VIEW stock_by_warehouse AS
SELECT w.name AS warehouse,
       p.name AS product,
       sum(m.quantity) AS on_hand,
       max(m.moved_at) AS last_movement
FROM movement m
JOIN warehouse w ON w.warehouse_id = m.warehouse_id
JOIN product p ON p.product_id = m.product_id
GROUP BY w.name, p.name
HAVING sum(m.quantity) <> 0;

-- Products that nobody has moved for a quarter but that still take up shelf space.
SELECT product, warehouse, on_hand
FROM stock_by_warehouse
WHERE last_movement < date('now', '-90 days')
ORDER BY on_hand DESC;
