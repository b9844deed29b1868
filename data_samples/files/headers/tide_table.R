# tide_table: harmonic prediction of water levels
# Copyright (C) 2016  Marit Solheim
#
# This program is free software: you can redistribute it and/or modify
# it under the terms of the GNU General Public License as published by
# the Free Software Foundation, either version 3 of the License, or
# (at your option) any later version.
#
# This program is distributed in the hope that it will be useful,
# but WITHOUT ANY WARRANTY; without even the implied warranty of
# MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.
#
# You should have received a copy of the GNU General Public License
# along with this program.  If not, see <https://www.gnu.org/licenses/>.

constituents <- data.frame(
  name = c("M2", "S2", "N2", "K1", "O1"),
  speed = c(28.984, 30.000, 28.440, 15.041, 13.943)
)

predict_level <- function(hours, amplitude, phase, mean_level = 0) {
  stopifnot(length(amplitude) == nrow(constituents), length(phase) == nrow(constituents))
  angle <- outer(hours, constituents$speed) - matrix(phase, length(hours), length(phase), byrow = TRUE)
  mean_level + as.vector(cos(angle * pi / 180) %*% amplitude)
}

high_waters <- function(hours, level) {
  inner <- seq_along(level)[-c(1, length(level))]
  peaks <- inner[level[inner] > level[inner - 1] & level[inner] >= level[inner + 1]]
  data.frame(hours = hours[peaks], level = level[peaks])
}
