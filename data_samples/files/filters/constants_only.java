package dev.quarry.keys;

import java.util.Map;
import java.util.Set;

public final class KeyNames {
    public static final String UP = "Up";
    public static final String DOWN = "Down";
    public static final String LEFT = "Left";
    public static final String RIGHT = "Right";
    public static final String HOME = "Home";
    public static final String END = "End";
    public static final String PAGE_UP = "PageUp";
    public static final String PAGE_DOWN = "PageDown";
    public static final String INSERT = "Insert";
    public static final String DELETE = "Delete";
    public static final String ESCAPE = "Escape";
    public static final String ENTER = "Enter";
    public static final String SPACE = "Space";
    public static final String TAB = "Tab";
    public static final int REPEAT_DELAY = 400;
    public static final int REPEAT_RATE = 30;

    private KeyNames() {}
}
