#!/usr/bin/perl
# Журнал наблюдений: считает средний уровень воды за каждый день.
# Входной файл: дата, время и уровень в сантиметрах, через пробел.
use strict;
use warnings;

my (%sum, %count);

while (my $line = <>) {
    chomp $line;
    next if $line =~ /^#/ or $line eq '';
    my ($day, $time, $level) = split ' ', $line;
    unless (defined $level) {
        warn "строка $. не разобрана: $line\n";
        next;
    }
    $sum{$day} += $level;
    $count{$day}++;
}

# Дни, в которые было меньше шести измерений, помечаются звёздочкой.
for my $day (sort keys %sum) {
    my $mean = $sum{$day} / $count{$day};
    my $mark = $count{$day} < 6 ? '*' : ' ';
    printf "%s %s %6.1f см\n", $day, $mark, $mean;
}
