# frozen_string_literal: true

require "bigdecimal"

# An amount of money in one currency. Amounts are kept in the smallest unit as integers, so that sums
# are exact; only formatting and parsing know about decimals.
class Money
  include Comparable

  class CurrencyMismatch < StandardError; end

  DIGITS = { "EUR" => 2, "USD" => 2, "JPY" => 0, "KWD" => 3 }.freeze

  attr_reader :units, :currency

  def self.parse(text, currency)
    amount = BigDecimal(text.delete(" "))
    scaled = amount * 10**digits(currency)
    raise ArgumentError, "#{text} has more decimals than #{currency} allows" unless scaled.frac.zero?

    new(scaled.to_i, currency)
  end

  def self.digits(currency)
    DIGITS.fetch(currency) { raise ArgumentError, "unknown currency #{currency}" }
  end

  def initialize(units, currency)
    raise TypeError, "units must be an Integer, got #{units.class}" unless units.is_a?(Integer)

    self.class.digits(currency)
    @units = units
    @currency = currency
    freeze
  end

  def +(other)
    same_currency!(other)
    Money.new(units + other.units, currency)
  end

  def -(other)
    self + -other
  end

  def -@
    Money.new(-units, currency)
  end

  def <=>(other)
    return nil unless other.is_a?(Money) && other.currency == currency

    units <=> other.units
  end

  # Splits the amount by weights without losing a cent: the remainder goes, one unit each, to the
  # shares that were rounded down the most.
  def allocate(*weights)
    total = weights.sum
    raise ArgumentError, "the weights must add up to more than zero" unless total.positive?

    exact = weights.map { |w| Rational(units * w, total) }
    shares = exact.map(&:floor)
    missing = units - shares.sum
    exact.each_index.max_by(missing) { |i| exact[i] - shares[i] }.each { |i| shares[i] += 1 }
    shares.map { |share| Money.new(share, currency) }
  end

  def to_s
    digits = self.class.digits(currency)
    whole, rest = units.abs.divmod(10**digits)
    sign = units.negative? ? "-" : ""
    number = whole.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, " ")
    number += format(".%0#{digits}d", rest) if digits.positive?
    "#{sign}#{number} #{currency}"
  end

  private

  def same_currency!(other)
    return if other.currency == currency

    raise CurrencyMismatch, "cannot add #{other.currency} to #{currency}"
  end
end
