import { useMemo } from 'react';

export interface Sample {
  readonly time: number;
  readonly level: number;
}

interface Props {
  samples: readonly Sample[];
  width?: number;
  height?: number;
  label?: (sample: Sample) => string;
}

const extent = <T,>(items: readonly T[], pick: (item: T) => number): [number, number] =>
  items.reduce<[number, number]>(
    ([low, high], item) => [Math.min(low, pick(item)), Math.max(high, pick(item))],
    [Infinity, -Infinity],
  );

export function LevelChart({ samples, width = 320, height = 120, label }: Props): JSX.Element | null {
  const path = useMemo(() => {
    const [t0, t1] = extent(samples, (s) => s.time);
    const [low, high] = extent(samples, (s) => s.level);
    const x = (t: number) => ((t - t0) / (t1 - t0 || 1)) * width;
    const y = (level: number) => height - ((level - low) / (high - low || 1)) * height;
    return samples.map((s, i) => `${i ? 'L' : 'M'}${x(s.time).toFixed(1)},${y(s.level).toFixed(1)}`).join('');
  }, [samples, width, height]);
  if (samples.length < 2) return null;
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} role="img">
        <path d={path} fill="none" stroke="currentColor" />
      </svg>
      {label && <figcaption>{label(samples[samples.length - 1]!)}</figcaption>}
    </figure>
  );
}
