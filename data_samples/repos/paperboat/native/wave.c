#include "wave.h"

static float height[WAVE_HEIGHT][WAVE_WIDTH];
static float speed[WAVE_HEIGHT][WAVE_WIDTH];

static const float STIFFNESS = 38.0f;
static const float DAMPING = 0.35f;

static int inside(int x, int y)
{
    return x >= 0 && y >= 0 && x < WAVE_WIDTH && y < WAVE_HEIGHT;
}

void wave_reset(void)
{
    for (int y = 0; y < WAVE_HEIGHT; y++) {
        for (int x = 0; x < WAVE_WIDTH; x++) {
            height[y][x] = 0.0f;
            speed[y][x] = 0.0f;
        }
    }
}

/* The mean of the four neighbours; at the shore the water is its own neighbour. */
static float around(int x, int y)
{
    static const int dx[4] = { 1, -1, 0, 0 };
    static const int dy[4] = { 0, 0, 1, -1 };
    float sum = 0.0f;

    for (int i = 0; i < 4; i++) {
        int nx = x + dx[i], ny = y + dy[i];
        sum += inside(nx, ny) ? height[ny][nx] : height[y][x];
    }
    return sum / 4.0f;
}

void wave_step(float seconds)
{
    for (int y = 0; y < WAVE_HEIGHT; y++)
        for (int x = 0; x < WAVE_WIDTH; x++)
            speed[y][x] += seconds * (STIFFNESS * (around(x, y) - height[y][x]) - DAMPING * speed[y][x]);
    for (int y = 0; y < WAVE_HEIGHT; y++)
        for (int x = 0; x < WAVE_WIDTH; x++)
            height[y][x] += seconds * speed[y][x];
}

void wave_push(int x, int y, float strength)
{
    if (inside(x, y))
        speed[y][x] += strength;
}

float wave_height(int x, int y)
{
    return inside(x, y) ? height[y][x] : 0.0f;
}

float *wave_heights(void)
{
    return &height[0][0];
}
