"""Tables for the classroom wall: nothing is named, everything is printed."""
import math
import sys


def print_sines():
    sys.stdout.write("degrees sine\n")
    sys.stdout.write(f"0 {math.sin(0):.4f}\n15 {math.sin(math.pi / 12):.4f}\n")
    sys.stdout.write(f"30 {math.sin(math.pi / 6):.4f}\n45 {math.sin(math.pi / 4):.4f}\n")
    if sys.stdout.isatty():
        sys.stdout.write("angles in degrees, measured from the horizontal\n")


def print_roots():
    sys.stdout.write("number square root\n")
    sys.stdout.write(f"2 {math.sqrt(2):.6f}\n3 {math.sqrt(3):.6f}\n5 {math.sqrt(5):.6f}\n")
    if sys.flags.verbose:
        sys.stdout.write("computed anew each time, nothing is kept\n")


if __name__ == "__main__":
    print_sines()
    print_roots()
