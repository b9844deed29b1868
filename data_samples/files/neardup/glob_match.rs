//! Shell-style patterns: `*` any run of characters, `?` one character, `[a-z]` a class, `**` across folders.

use std::fmt;

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(char),
    AnyChar,
    Run { across: bool },
    Class { negated: bool, ranges: Vec<(char, char)> },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Glob {
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum GlobError {
    UnclosedClass { at: usize },
    ReversedRange { low: char, high: char },
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GlobError::UnclosedClass { at } => write!(f, "the class that opens at {at} is never closed"),
            GlobError::ReversedRange { low, high } => write!(f, "the range {low}-{high} runs backwards"),
        }
    }
}

impl std::error::Error for GlobError {}

impl Glob {
    pub fn parse(pattern: &str) -> Result<Self, GlobError> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut parts = Vec::new();
        let mut i = 0;
        while i < chars.len() {
            match chars[i] {
                '?' => parts.push(Part::AnyChar),
                '*' => {
                    let across = chars.get(i + 1) == Some(&'*');
                    parts.push(Part::Run { across });
                    i += usize::from(across);
                }
                '[' => {
                    let (part, next) = parse_class(&chars, i)?;
                    parts.push(part);
                    i = next;
                }
                c => parts.push(Part::Literal(c)),
            }
            i += 1;
        }
        Ok(Glob { parts })
    }

    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        matches_from(&self.parts, &path)
    }
}

fn parse_class(chars: &[char], open: usize) -> Result<(Part, usize), GlobError> {
    let mut i = open + 1;
    let negated = chars.get(i) == Some(&'!');
    i += usize::from(negated);
    let mut ranges = Vec::new();
    while let Some(&c) = chars.get(i) {
        if c == ']' && !ranges.is_empty() {
            return Ok((Part::Class { negated, ranges }, i));
        }
        if chars.get(i + 1) == Some(&'-') && chars.get(i + 2).is_some_and(|&h| h != ']') {
            let high = chars[i + 2];
            if high < c {
                return Err(GlobError::ReversedRange { low: c, high });
            }
            ranges.push((c, high));
            i += 3;
        } else {
            ranges.push((c, c));
            i += 1;
        }
    }
    Err(GlobError::UnclosedClass { at: open })
}

fn matches_from(parts: &[Part], path: &[char]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return path.is_empty() };
    match first {
        Part::Run { across } => {
            let reach = if *across { path.len() } else { path.iter().take_while(|&&c| c != '/').count() };
            (0..=reach).any(|n| matches_from(rest, &path[n..]))
        }
        _ => path.split_first().is_some_and(|(&c, tail)| accepts(first, c) && matches_from(rest, tail)),
    }
}

fn accepts(part: &Part, c: char) -> bool {
    match part {
        Part::Literal(l) => *l == c,
        Part::AnyChar => c != '/',
        Part::Class { negated, ranges } => ranges.iter().any(|&(l, h)| l <= c && c <= h) != *negated,
        Part::Run { .. } => false,
    }
}

// vim: set tabstop=4 expandtab:
