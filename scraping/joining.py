"""Several pages of one request as one item (contract: max_page)."""

from __future__ import annotations

from scraping.messages import Item


class Joined:
    """Pages added one after the other. With more than one page asked for, the main list's elements are joined and
    numbered (`page`, `position`, `position_overall`), and `pagination` becomes `{"pages": [...]}`; all else is the
    first page's. A single page stays as it is."""

    def __init__(self, main_list: str | None, *, first_page: int, most: int) -> None:
        self.main_list = main_list
        self.first_page = first_page
        self.most = most
        self.pages = 0
        self.item: Item = {}

    @property
    def full(self) -> bool:
        return self.pages >= self.most

    def add(self, item: Item) -> None:
        self.pages += 1
        if self.most == 1:
            self.item = item
            return
        elements = list(item.get(self.main_list) or []) if self.main_list else []
        pagination = item.get("pagination")
        if self.pages == 1:
            self.item = dict(item)
            if self.main_list and self.main_list in item:
                self.item[self.main_list] = []
            if "pagination" in item:
                self.item["pagination"] = {"pages": []}
        if elements and self.main_list:
            self._join(self.item.setdefault(self.main_list, []), elements)
        if pagination is not None:
            self.item.setdefault("pagination", {"pages": []})["pages"].append(pagination)

    def _join(self, joined: list[Item], elements: list[Item]) -> None:
        page = self.first_page + self.pages - 1
        for position, element in enumerate(elements, start=1):
            numbers = {
                "page": page,
                "position": element.get("position", position),
                "position_overall": len(joined) + 1,
            }
            joined.append(numbers | {key: value for key, value in element.items() if key not in numbers})
