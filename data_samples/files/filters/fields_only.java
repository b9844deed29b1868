package dev.quarry.survey;

import java.time.Instant;
import java.util.List;

/** What the surveyor wrote down about one face of the quarry. */
public final class FaceRecord {
    private String face;
    private String surveyor;
    private Instant measured;
    private int bench;
    private double height;
    private double width;
    private double slope;
    private boolean drained;
    private boolean fenced;
    private String stone;
    private String remarks;
    private Instant blasted;
    private double tonnes;
    private String foreman;
    private int holes;
}
