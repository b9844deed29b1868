# The name of this file has spaces, an ampersand and brackets: whatever handles paths must quote them.
def slots(total, width)
  raise ArgumentError, "width must be positive" unless width.positive?

  (0...total).step(width).map { |from| from...[from + width, total].min }
end

def fit(lengths, size)
  bins = []
  lengths.sort.reverse_each do |length|
    bin = bins.find { |b| b.sum + length <= size }
    bin ? bin.push(length) : bins.push([length])
  end
  bins
end
