"""Tests of the pricing rules, one assertion under the other."""
from pricing import discount, gross, net, rounded, shipping, total


def test_rates():
    assert gross(100, "NL") == 121
    assert gross(100, "DE") == 119
    assert gross(100, "FR") == 120
    assert gross(100, "LU") == 117
    assert gross(0, "NL") == 0
    assert net(121, "NL") == 100
    assert net(119, "DE") == 100
    assert net(0, "FR") == 0


def test_discounts():
    assert discount(10, 1) == 0
    assert discount(10, 9) == 0
    assert discount(10, 10) == 5
    assert discount(10, 99) == 5
    assert discount(10, 100) == 12
    assert discount(0, 100) == 0


def test_shipping():
    assert shipping("NL", weight=0.5) == 4
    assert shipping("NL", weight=2.0) == 4
    assert shipping("NL", weight=2.1) == 7
    assert shipping("DE", weight=0.5) == 9
    assert shipping("CH", weight=0.5) == 15
    assert shipping("NL", weight=0.0) == 0


def test_total():
    assert total([]) == 0
    assert total([(10, 1)], "NL") == 16.1
    assert total([(10, 2)], "NL") == 28.2
    assert total([(10, 10)], "DE") == 122.05
    assert rounded(0.125) == 0.12
    assert rounded(0.135) == 0.14
    assert rounded(-0.125) == -0.12
