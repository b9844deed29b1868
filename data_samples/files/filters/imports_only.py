"""Everything that the other modules of the package offer, under one roof."""

from orrery.bodies import Asteroid, Body, Comet, Moon, Planet, Star
from orrery.constants import AU, GRAVITY, LIGHT_SPEED
from orrery.coordinates import Ecliptic, Equatorial, Horizontal, convert
from orrery.ephemeris import Ephemeris, load, positions
from orrery.events import conjunctions, eclipses, elongations, risings, settings
from orrery.kepler import Elements, solve
from orrery.observer import Observer
from orrery.plotting import chart, dial, track
from orrery.precession import nutation, precess
from orrery.refraction import bennett, saemundsson
from orrery.timescales import julian, sidereal, terrestrial
from orrery.units import degrees, hours, radians
import orrery.catalogue
import orrery.formats.csv
import orrery.formats.fits
import orrery.formats.text
