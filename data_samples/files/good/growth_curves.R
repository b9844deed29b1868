# Logistic growth curves for plate-reader data: one fit for each well, with intervals from a bootstrap.

logistic <- function(t, capacity, rate, midpoint) {
  capacity / (1 + exp(-rate * (t - midpoint)))
}

# Starting values that nls() can live with: the plateau, the steepest slope, and where it lies.
guess_start <- function(t, od) {
  capacity <- max(stats::runmed(od, k = 5))
  slope <- diff(od) / diff(t)
  steepest <- which.max(slope)
  list(
    capacity = capacity,
    rate = max(4 * slope[steepest] / capacity, 1e-3),
    midpoint = mean(t[steepest + 0:1])
  )
}

fit_well <- function(t, od) {
  stopifnot(length(t) == length(od), length(t) >= 8, !is.unsorted(t, strictly = TRUE))
  blanked <- od - min(od)
  tryCatch(
    stats::nls(
      blanked ~ logistic(t, capacity, rate, midpoint),
      start = guess_start(t, blanked),
      algorithm = "port",
      lower = c(capacity = 0, rate = 0, midpoint = -Inf)
    ),
    error = function(e) structure(list(reason = conditionMessage(e)), class = "no_fit")
  )
}

doubling_time <- function(fit) {
  if (inherits(fit, "no_fit")) return(NA_real_)
  log(2) / stats::coef(fit)[["rate"]]
}

# Resample residuals, refit, and take quantiles of the doubling time.
bootstrap_doubling <- function(t, od, times = 200, level = 0.95, seed = 1) {
  fit <- fit_well(t, od)
  if (inherits(fit, "no_fit")) return(c(estimate = NA, lower = NA, upper = NA))
  set.seed(seed)
  centre <- stats::fitted(fit)
  noise <- stats::residuals(fit)
  draws <- replicate(times, doubling_time(fit_well(t, centre + sample(noise, replace = TRUE))))
  tail <- (1 - level) / 2
  bounds <- stats::quantile(draws, c(tail, 1 - tail), na.rm = TRUE, names = FALSE)
  c(estimate = doubling_time(fit), lower = bounds[1], upper = bounds[2])
}

# plate: a data frame with columns well, hours, od. Returns one row for each well.
summarise_plate <- function(plate, ...) {
  wells <- split(plate, plate$well)
  rows <- lapply(wells, function(w) {
    w <- w[order(w$hours), ]
    data.frame(well = w$well[1], t(bootstrap_doubling(w$hours, w$od, ...)))
  })
  do.call(rbind, unname(rows))
}
