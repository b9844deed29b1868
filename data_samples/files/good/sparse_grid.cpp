#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace quarry {

/// A cell of an unbounded grid.
struct Cell {
    std::int32_t x = 0;
    std::int32_t y = 0;

    friend bool operator==(const Cell& a, const Cell& b) { return a.x == b.x && a.y == b.y; }
};

struct CellHash {
    std::size_t operator()(const Cell& c) const noexcept {
        const auto x = static_cast<std::uint64_t>(static_cast<std::uint32_t>(c.x));
        const auto y = static_cast<std::uint64_t>(static_cast<std::uint32_t>(c.y));
        std::uint64_t h = (x << 32) | y;
        h ^= h >> 33;
        h *= 0xff51afd7ed558ccdULL;
        h ^= h >> 33;
        return static_cast<std::size_t>(h);
    }
};

/// Points in the plane, bucketed by cell, so that "what is near here" need not look at all of them.
template <typename Value>
class SparseGrid {
public:
    struct Item {
        double x, y;
        Value value;
    };

    explicit SparseGrid(double cell_size) : cell_size_(cell_size) {}

    void insert(double x, double y, Value value) {
        cells_[cell_of(x, y)].push_back(Item{x, y, std::move(value)});
        ++size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Calls `visit` for every item at most `radius` away from the point.
    void each_within(double x, double y, double radius, const std::function<void(const Item&)>& visit) const {
        const Cell low = cell_of(x - radius, y - radius);
        const Cell high = cell_of(x + radius, y + radius);
        for (std::int32_t cx = low.x; cx <= high.x; ++cx) {
            for (std::int32_t cy = low.y; cy <= high.y; ++cy) {
                const auto bucket = cells_.find(Cell{cx, cy});
                if (bucket == cells_.end()) continue;
                for (const Item& item : bucket->second) {
                    if (std::hypot(item.x - x, item.y - y) <= radius) visit(item);
                }
            }
        }
    }

    /// The nearest item, looked for in rings of growing radius up to `limit`.
    [[nodiscard]] std::optional<Item> nearest(double x, double y, double limit) const {
        std::optional<Item> best;
        double radius = std::min(cell_size_, limit);
        while (true) {
            double best_distance = radius;
            each_within(x, y, radius, [&](const Item& item) {
                const double distance = std::hypot(item.x - x, item.y - y);
                if (!best || distance < best_distance) {
                    best = item;
                    best_distance = distance;
                }
            });
            if (best || radius >= limit) return best;
            radius = std::min(radius * 2, limit);
        }
    }

private:
    [[nodiscard]] Cell cell_of(double x, double y) const {
        return Cell{static_cast<std::int32_t>(std::floor(x / cell_size_)),
                    static_cast<std::int32_t>(std::floor(y / cell_size_))};
    }

    double cell_size_;
    std::size_t size_ = 0;
    std::unordered_map<Cell, std::vector<Item>, CellHash> cells_;
};

}  // namespace quarry
