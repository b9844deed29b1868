#!/usr/bin/env perl
# Follows an access log and prints, once a minute, how many requests of each status class came in
# and how long the slowest tenth of them took.
use strict;
use warnings;

use Getopt::Long qw(GetOptions);
use List::Util qw(sum0 max);

my %option = (every => 60, slowest => 0.1);
GetOptions(\%option, 'every=i', 'slowest=f', 'once') or die "usage: $0 [--every SECONDS] [--slowest SHARE] [LOG]\n";
die "--slowest must lie between 0 and 1\n" unless $option{slowest} > 0 && $option{slowest} < 1;

my $LINE = qr{
    "(?<method>[A-Z]+) \s (?<path>\S+) \s HTTP/[\d.]+" \s
    (?<status>\d{3}) \s (?<bytes>\d+|-) \s
    .*? (?<seconds>\d+\.\d+) \s* $
}x;

sub new_window {
    return { started => time, class => {}, seconds => [], broken => 0 };
}

sub record {
    my ($window, $line) = @_;
    if ($line =~ $LINE) {
        $window->{class}{ substr($+{status}, 0, 1) . 'xx' }++;
        push @{ $window->{seconds} }, $+{seconds};
    } else {
        $window->{broken}++;
    }
    return;
}

sub slow_part {
    my ($seconds, $share) = @_;
    my @sorted = sort { $b <=> $a } @$seconds;
    my $count = max(1, int(@sorted * $share));
    return @sorted[0 .. $count - 1];
}

sub report {
    my ($window) = @_;
    my @seconds = @{ $window->{seconds} };
    my $classes = join ' ', map { "$_=$window->{class}{$_}" } sort keys %{ $window->{class} };
    if (@seconds) {
        my @slow = slow_part(\@seconds, $option{slowest});
        printf "%s  mean %.3fs  slowest %d: %.3fs\n", $classes, sum0(@seconds) / @seconds, scalar @slow, sum0(@slow) / @slow;
    }
    printf "%d lines could not be read\n", $window->{broken} if $window->{broken};
    return;
}

my $window = new_window();
while (my $line = <>) {
    record($window, $line);
    next if time - $window->{started} < $option{every};
    report($window);
    $window = new_window();
}
report($window);
