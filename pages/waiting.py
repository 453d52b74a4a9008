"""What waits for a person, by page: the counts beside the navigation's entries."""

from collections.abc import Mapping

from integrations import books
from models.access import Actor
from models.reviews import waiting_reviews
from models.services import Services

WAITING = frozenset({"sync", "reviews"})  # the news after which it may be otherwise


def waiting(services: Services, actor: Actor) -> Mapping[str, int]:
    """Page -> how much waits there in the actor's scope. Asks the database."""
    with services.database.read() as connection:
        reach = services.query.view(connection, actor).reach
        found = sum(len(books.listed(connection, table, reach)) for table in (books.conflicts, books.proposals))
        reviews = waiting_reviews(connection, actor)
        stopped = [
            book
            for book in books.all_books(connection).values()
            if book.state == books.STOPPED and (reach.sites is None or book.code in reach.sites)
        ]
    return {"sync": found + len(stopped), "review": reviews}
