"""A record of a book, in the manner of another language: every field has its own little function."""


class Book:
    def __init__(self, title, author, year, pages, isbn):
        self._title, self._author, self._year = title, author, year
        self._pages, self._isbn = pages, isbn

    def get_title(self):
        return self._title

    def get_author(self):
        return self._author

    def get_year(self):
        return self._year

    def get_pages(self):
        return self._pages

    def get_isbn(self):
        return self._isbn

    def has_isbn(self):
        return self._isbn is not None

    def is_long(self):
        return self._pages > 500

    def is_old(self):
        return self._year < 1900

    def get_label(self):
        return self._author + ": " + self._title
