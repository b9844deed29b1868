package dev.quarry.mixed;

/** Three editors, three ideas of what ends a line. */
public final class Ledger {    private long balance;
    private int entries;

    public void book(long amount) {
        if (amount == 0) {            throw new IllegalArgumentException("an entry moves at least one cent");
        }
        balance = Math.addExact(balance, amount);
        entries++;
    }
    public long balance() {
        return balance;
    }
    public double mean() {
        return entries == 0 ? 0 : (double) balance / entries;
    }
}
