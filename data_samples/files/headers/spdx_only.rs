// SPDX-License-Identifier: MIT OR Apache-2.0

/// Counts how often each byte occurs.
pub fn byte_counts(data: &[u8]) -> [u64; 256] {
    let mut counts = [0u64; 256];
    for &byte in data {
        counts[byte as usize] += 1;
    }
    counts
}

/// Shannon entropy in bits for each byte; 0 for empty input, 8 for perfectly even input.
pub fn entropy(data: &[u8]) -> f64 {
    if data.is_empty() {
        return 0.0;
    }
    let total = data.len() as f64;
    byte_counts(data)
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f64 / total;
            -share * share.log2()
        })
        .sum()
}
