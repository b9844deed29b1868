#include <iostream>
#include <string>

// Three exercises that were saved into one file.

int main() {
    std::string name;
    std::getline(std::cin, name);
    std::string greeting = name.empty() ? "Hello, stranger" : "Hello, " + name;
    std::cout << greeting << '\n';
    return 0;
}

int main() {
    double sum = 0, value = 0;
    int count = 0;
    while (std::cin >> value) {
        sum += value;
        ++count;
    }
    std::cout << (count ? sum / count : 0) << '\n';
    return 0;
}

int main() {
    int rows = 0;
    std::cin >> rows;
    for (int row = 1; row <= rows; ++row) {
        std::string line(row, '*');
        std::cout << line << '\n';
    }
    return 0;
}
