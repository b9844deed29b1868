<?php

declare(strict_types=1);

namespace Quarry\Http;

use InvalidArgumentException;

/**
 * Maps a method and a path such as /users/{id} to a handler.
 *
 * Static paths are looked up in a table; paths with parameters are compiled into one expression
 * for each method, so that matching costs one preg_match call.
 */
final class Router
{
    /** @var array<string, array<string, callable>> */
    private array $static = [];

    /** @var array<string, list<array{pattern: string, names: list<string>, handler: callable}>> */
    private array $dynamic = [];

    public function add(string $method, string $path, callable $handler): self
    {
        if ($path === '' || $path[0] !== '/') {
            throw new InvalidArgumentException("a path begins with a slash, got '$path'");
        }
        $method = strtoupper($method);
        if (!str_contains($path, '{')) {
            $this->static[$method][$path] = $handler;
            return $this;
        }
        [$pattern, $names] = $this->compile($path);
        $this->dynamic[$method][] = ['pattern' => $pattern, 'names' => $names, 'handler' => $handler];
        return $this;
    }

    /**
     * @return array{callable, array<string, string>}|null  the handler and its parameters
     */
    public function match(string $method, string $path): ?array
    {
        $method = strtoupper($method);
        if (isset($this->static[$method][$path])) {
            return [$this->static[$method][$path], []];
        }
        foreach ($this->dynamic[$method] ?? [] as $route) {
            if (preg_match($route['pattern'], $path, $found) === 1) {
                $values = array_map('rawurldecode', array_slice($found, 1));
                return [$route['handler'], array_combine($route['names'], $values)];
            }
        }
        return null;
    }

    /** @return list<string> the methods that would have matched, for an Allow header */
    public function allowed(string $path): array
    {
        $methods = array_unique([...array_keys($this->static), ...array_keys($this->dynamic)]);
        return array_values(array_filter($methods, fn (string $m): bool => $this->match($m, $path) !== null));
    }

    /** @return array{string, list<string>} */
    private function compile(string $path): array
    {
        $names = [];
        $pattern = '';
        foreach (preg_split('/(\{\w+(?::[^}]+)?\})/', $path, -1, PREG_SPLIT_DELIM_CAPTURE) as $piece) {
            if (preg_match('/^\{(\w+)(?::([^}]+))?\}$/', $piece, $found) === 1) {
                if (in_array($found[1], $names, true)) {
                    throw new InvalidArgumentException("the parameter '{$found[1]}' appears twice in '$path'");
                }
                $names[] = $found[1];
                $pattern .= '(' . ($found[2] ?? '[^/]+') . ')';
            } else {
                $pattern .= preg_quote($piece, '~');
            }
        }
        return ["~^$pattern$~", $names];
    }
}
