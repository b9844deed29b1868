      PROGRAM TIDES
C     Form feeds and tabs, as they came from the printer room.
      REAL LEVEL(24), MEAN
      INTEGER HOUR

C     Read one day of hourly levels.
      DO 10 HOUR = 1, 24
	READ (5, 100) LEVEL(HOUR)
10    CONTINUE

C     The mean of the day.
      MEAN = 0.0
      DO 20 HOUR = 1, 24
	MEAN = MEAN + LEVEL(HOUR)
20    CONTINUE
      MEAN = MEAN / 24.0
      WRITE (6, 200) MEAN
100   FORMAT (F6.2)
200   FORMAT (' MEAN LEVEL', F8.3)
      END
