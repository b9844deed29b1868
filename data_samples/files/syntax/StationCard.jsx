import React, { useEffect, useState } from 'react';

const TREND = { rising: '↑', falling: '↓', steady: '→' };

function useReading(station) {
  const [reading, setReading] = useState(null);
  useEffect(() => {
    let alive = true;
    const load = async () => {
      const response = await fetch(`/api/stations/${station}/latest`);
      if (alive && response.ok) setReading(await response.json());
    };
    load();
    const timer = setInterval(load, 60000);
    return () => {
      alive = false;
      clearInterval(timer);
    };
  }, [station]);
  return reading;
}

export default function StationCard({ station, onSelect }) {
  const reading = useReading(station.id);
  return (
    <article className="station" onClick={() => onSelect(station)}>
      <h3>{station.name}</h3>
      {reading === null ? (
        <p className="quiet">waiting for the first reading</p>
      ) : (
        <p>
          <strong>{reading.level.toFixed(2)} m</strong> <span title={reading.trend}>{TREND[reading.trend]}</span>
        </p>
      )}
    </article>
  );
}
