import Foundation

/// Physik in der Schule: Formelzeichen dürfen heißen, wie sie im Buch heißen.
struct 落下 {
    let 高さ: Double
    let 重力 = 9.80665

    var 時間: Double { (2 * 高さ / 重力).squareRoot() }
    var 速度: Double { 重力 * 時間 }
}

struct Pendel {
    let länge: Double
    let auslenkung: Double

    var ω: Double { (9.80665 / länge).squareRoot() }
    var periode: Double { 2 * .pi / ω }

    func φ(nach t: Double) -> Double {
        auslenkung * cos(ω * t)
    }
}

func Σ(_ werte: [Double], _ f: (Double) -> Double = { $0 }) -> Double {
    werte.map(f).reduce(0, +)
}

let été = ["juin", "juillet", "août"]
