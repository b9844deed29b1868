// Draws a compass rose on a canvas. The needle follows `heading`, in degrees clockwise from north.
export function drawRose(context, radius, heading) {
  context.save();
  context.rotate((heading * Math.PI) / 180);
  for (let point = 0; point < 32; point += 1) {
    const long = point % 8 === 0 ? 1 : point % 4 === 0 ? 0.8 : 0.6;
    context.beginPath();
    context.moveTo(0, 0);
    context.lineTo(0, -radius * long);
    context.stroke();
    context.rotate(Math.PI / 16);
  }
  context.restore();
}

/*
 * The easing function below is Copyright (c) 2006 Penna Rossa Studio, used under the BSD license.
 */
export function easeOutBounce(t) {
  if (t < 4 / 11) return (121 * t * t) / 16;
  if (t < 8 / 11) return (363 / 40) * t * t - (99 / 10) * t + 17 / 5;
  if (t < 9 / 10) return (4356 / 361) * t * t - (35442 / 1805) * t + 16061 / 1805;
  return (54 / 5) * t * t - (513 / 25) * t + 268 / 25;
}
