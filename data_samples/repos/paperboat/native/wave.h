#ifndef PAPERBOAT_WAVE_H
#define PAPERBOAT_WAVE_H

/* A sheet of water: heights and speeds on a grid, advanced in small steps of time. */

#define WAVE_WIDTH 128
#define WAVE_HEIGHT 96

void wave_reset(void);
void wave_step(float seconds);
void wave_push(int x, int y, float strength);
float wave_height(int x, int y);
float *wave_heights(void);

#endif
