<?php
/**
 * This file is part of the Papercut package.
 *
 * (c) Jonas Lindqvist <jonas@papercut-cms.se>
 *
 * For the full copyright and license information, please view the LICENSE
 * file that was distributed with this source code.
 */

namespace Papercut\Text;

final class Slugger
{
    private const REPLACEMENTS = [
        'ä' => 'ae', 'ö' => 'oe', 'ü' => 'ue', 'ß' => 'ss', 'å' => 'a', 'ø' => 'oe', 'æ' => 'ae', 'é' => 'e',
    ];

    public function __construct(private readonly int $longest = 80)
    {
    }

    public function slug(string $title): string
    {
        $text = strtr(mb_strtolower($title), self::REPLACEMENTS);
        $text = preg_replace('/[^a-z0-9]+/', '-', $text);
        $text = trim($text, '-');
        if (strlen($text) <= $this->longest) {
            return $text;
        }
        $cut = substr($text, 0, $this->longest + 1);
        $lastDash = strrpos($cut, '-');
        return $lastDash === false ? substr($cut, 0, $this->longest) : substr($cut, 0, $lastDash);
    }
}
