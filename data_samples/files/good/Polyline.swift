import Foundation

/// A path through the plane, with the few questions that a drawing program asks of it.
struct Polyline: Equatable {
    struct Point: Equatable {
        var x: Double
        var y: Double

        func distance(to other: Point) -> Double {
            hypot(other.x - x, other.y - y)
        }
    }

    private(set) var points: [Point]

    init(_ points: [Point]) {
        precondition(points.count >= 2, "a polyline needs at least two points")
        self.points = points
    }

    /// The sum of the lengths of all segments.
    var length: Double {
        zip(points, points.dropFirst()).reduce(0) { $0 + $1.0.distance(to: $1.1) }
    }

    /// The point at a fraction of the length; 0 is the beginning, 1 the end.
    func point(at fraction: Double) -> Point {
        var left = min(max(fraction, 0), 1) * length
        for (a, b) in zip(points, points.dropFirst()) {
            let step = a.distance(to: b)
            if step > 0, left <= step {
                let t = left / step
                return Point(x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t)
            }
            left -= step
        }
        return points[points.count - 1]
    }

    /// Leaves out points that lie closer than `tolerance` to the line between their kept neighbours
    /// (Ramer, Douglas and Peucker), without recursion.
    func simplified(tolerance: Double) -> Polyline {
        var keep = Array(repeating: false, count: points.count)
        keep[0] = true
        keep[points.count - 1] = true
        var pending = [(0, points.count - 1)]
        while let (first, last) = pending.popLast() {
            guard last - first > 1 else { continue }
            var farthest = first
            var worst = tolerance
            for i in (first + 1)..<last {
                let d = Self.offset(of: points[i], from: points[first], to: points[last])
                if d > worst {
                    farthest = i
                    worst = d
                }
            }
            guard farthest != first else { continue }
            keep[farthest] = true
            pending.append((first, farthest))
            pending.append((farthest, last))
        }
        return Polyline(zip(points, keep).filter { $0.1 }.map { $0.0 })
    }

    private static func offset(of p: Point, from a: Point, to b: Point) -> Double {
        let base = a.distance(to: b)
        guard base > 0 else { return p.distance(to: a) }
        return abs((b.x - a.x) * (a.y - p.y) - (a.x - p.x) * (b.y - a.y)) / base
    }
}
