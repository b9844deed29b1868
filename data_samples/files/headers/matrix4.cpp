// Copyright 2012 The Lanternfish Authors. All rights reserved.
// Use of this source code is governed by a BSD-style license that can be
// found in the LICENSE file.
//
// Redistribution and use in source and binary forms, with or without
// modification, are permitted provided that the following conditions are met:
//   * Redistributions of source code must retain the above copyright notice.
//   * Neither the name of the project nor the names of its contributors may be
//     used to endorse products derived from this software without permission.

#include <array>
#include <cstddef>

namespace lanternfish {

using Matrix4 = std::array<std::array<double, 4>, 4>;

Matrix4 identity() {
    Matrix4 m{};
    for (std::size_t i = 0; i < 4; ++i) m[i][i] = 1.0;
    return m;
}

Matrix4 multiply(const Matrix4& a, const Matrix4& b) {
    Matrix4 product{};
    for (std::size_t row = 0; row < 4; ++row) {
        for (std::size_t column = 0; column < 4; ++column) {
            for (std::size_t k = 0; k < 4; ++k) {
                product[row][column] += a[row][k] * b[k][column];
            }
        }
    }
    return product;
}

Matrix4 translation(double x, double y, double z) {
    Matrix4 m = identity();
    m[0][3] = x;
    m[1][3] = y;
    m[2][3] = z;
    return m;
}

}  // namespace lanternfish
