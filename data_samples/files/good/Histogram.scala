package quarry.stats

import scala.collection.immutable.TreeMap

/** A mergeable histogram with logarithmic buckets: relative error at most `accuracy`, any range of positive values. */
final case class Histogram private (accuracy: Double, counts: TreeMap[Int, Long], zeros: Long) {
  private val gamma: Double = (1 + accuracy) / (1 - accuracy)
  private val logGamma: Double = math.log(gamma)

  def total: Long = zeros + counts.valuesIterator.sum

  def add(value: Double, times: Long = 1): Histogram = {
    require(value >= 0 && !value.isInfinite, s"values must be finite and not negative, got $value")
    if (value == 0) copy(zeros = zeros + times)
    else {
      val bucket = math.ceil(math.log(value) / logGamma).toInt
      copy(counts = counts.updated(bucket, counts.getOrElse(bucket, 0L) + times))
    }
  }

  def merge(other: Histogram): Histogram = {
    require(other.accuracy == accuracy, s"cannot merge accuracy ${other.accuracy} into $accuracy")
    val merged = other.counts.foldLeft(counts) { case (acc, (bucket, n)) =>
      acc.updated(bucket, acc.getOrElse(bucket, 0L) + n)
    }
    copy(counts = merged, zeros = zeros + other.zeros)
  }

  /** The value below which a fraction `q` of everything lies, or None for an empty histogram. */
  def quantile(q: Double): Option[Double] = {
    require(q >= 0 && q <= 1, s"a quantile lies in [0, 1], got $q")
    if (total == 0) None
    else {
      val rank = (q * (total - 1)).toLong
      if (rank < zeros) Some(0.0)
      else {
        val cumulative = counts.iterator.scanLeft((0, zeros)) { case ((_, seen), (bucket, n)) => (bucket, seen + n) }.drop(1)
        cumulative.collectFirst { case (bucket, seen) if seen > rank => 2 * math.pow(gamma, bucket) / (gamma + 1) }
      }
    }
  }
}

object Histogram {
  def empty(accuracy: Double = 0.01): Histogram = {
    require(accuracy > 0 && accuracy < 1, s"accuracy lies between 0 and 1, got $accuracy")
    Histogram(accuracy, TreeMap.empty, 0L)
  }

  def of(values: Iterable[Double], accuracy: Double = 0.01): Histogram =
    values.foldLeft(empty(accuracy))(_.add(_))
}
