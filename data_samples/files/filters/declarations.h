/* The drawing interface: declarations only, one after the other. */
#ifndef DRAW_H
#define DRAW_H

int draw_open(const char *title, int width, int height);
void draw_close(void);
void draw_clear(unsigned colour);
void draw_present(void);
void draw_point(int x, int y, unsigned colour);
void draw_line(int x0, int y0, int x1, int y1, unsigned colour);
void draw_rectangle(int x, int y, int width, int height, unsigned colour);
void draw_circle(int x, int y, int radius, unsigned colour);
void draw_text(int x, int y, const char *text, unsigned colour);
int draw_text_width(const char *text);
int draw_key_pressed(int key);
void draw_mouse(int *x, int *y, int *buttons);

#endif
