<?php
// Connection settings of the bookshop. The second one is for reports and may only read.

const CONNECTIONS = [
    'main' => 'postgres://winkel:B0ekenw0rm_77@db1.boekhandel-janssen.nl:5432/shop',
    'reports' => 'mysql://lezer:AlleenLezen%2321@84.53.171.210/shop?charset=utf8mb4',
    'tests' => 'postgres://user:password@localhost:5432/test',
];

function connect(string $name): PDO
{
    if (!isset(CONNECTIONS[$name])) {
        throw new InvalidArgumentException("no connection is called '$name'");
    }
    $parts = parse_url(CONNECTIONS[$name]);
    $driver = $parts['scheme'] === 'postgres' ? 'pgsql' : $parts['scheme'];
    $dsn = sprintf('%s:host=%s;dbname=%s', $driver, $parts['host'], ltrim($parts['path'], '/'));
    if (isset($parts['port'])) {
        $dsn .= ';port=' . $parts['port'];
    }
    return new PDO($dsn, $parts['user'], rawurldecode($parts['pass']), [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => false,
    ]);
}
