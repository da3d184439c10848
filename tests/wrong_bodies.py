"""Bodies that are not as a sender's documentation has them."""


def broken(value):
    """Twins of a body, each with one thing left out or of another type."""
    if isinstance(value, dict):
        for key in value:
            yield {other: item for other, item in value.items() if other != key}
            for wrong in (None, [], {}, 0, "", "ü", ["x"], {"x": {}}, True):
                yield {**value, key: wrong}
            for twin in broken(value[key]):
                yield {**value, key: twin}
    if isinstance(value, list):
        for place, item in enumerate(value):
            for twin in (None, 3, *broken(item)):
                yield [*value[:place], twin, *value[place + 1 :]]
