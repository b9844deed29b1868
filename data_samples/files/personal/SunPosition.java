package se.halvmane.astro;

/**
 * Where the sun stands, good to a tenth of a degree.
 *
 * @author Ingrid Bergström
 * @author Kwabena Osei-Mensah
 * @since 1.4 (reviewed by T. Okonkwo, 2019-03-02)
 */
public final class SunPosition {
    private SunPosition() {}

    /** Days since noon on the first of January 2000. */
    static double days(long unixSeconds) {
        return unixSeconds / 86400.0 - 10957.5;
    }

    /** Declination in degrees. */
    public static double declination(long unixSeconds) {
        double d = days(unixSeconds);
        double anomaly = Math.toRadians((357.529 + 0.98560028 * d) % 360);
        double longitude = Math.toRadians((280.459 + 0.98564736 * d) % 360
                + 1.915 * Math.sin(anomaly) + 0.020 * Math.sin(2 * anomaly));
        double obliquity = Math.toRadians(23.439 - 0.00000036 * d);
        return Math.toDegrees(Math.asin(Math.sin(obliquity) * Math.sin(longitude)));
    }

    /** Elevation above the horizon in degrees, for a place and its local hour angle. */
    public static double elevation(long unixSeconds, double latitude, double hourAngle) {
        double delta = Math.toRadians(declination(unixSeconds));
        double phi = Math.toRadians(latitude);
        double height = Math.sin(phi) * Math.sin(delta)
                + Math.cos(phi) * Math.cos(delta) * Math.cos(Math.toRadians(hourAngle));
        return Math.toDegrees(Math.asin(height));
    }
}
