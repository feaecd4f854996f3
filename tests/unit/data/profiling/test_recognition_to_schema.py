"""What is recognised while statistics are computed becomes part of the schema."""

from mainspring.data import Table, infer, summarize
from mainspring.data.schema import ImageDomain, LanguageDomain, TimeDomain


def test_times_images_and_language_are_inferred(comments: Table) -> None:
    table = comments.sql(
        "SELECT CONTENT AS said, strftime(TIMESTAMP '2024-01-01' + INTERVAL (n * 37) MINUTE, '%d.%m.%Y') AS day, "
        "strftime(TIMESTAMP '2024-01-01' + INTERVAL (n * 37) MINUTE, '%H:%M') AS clock, "
        "1700000000000 + n AS seen, 'GIF89a'::BLOB AS picture, 'job' || n % 3 AS job "
        "FROM (SELECT *, row_number() OVER () AS n FROM this)"
    )
    features = infer(summarize(table, generators=["recognition"])).features
    assert features["said"].language == LanguageDomain()
    assert features["day"].time == TimeDomain("%d.%m.%Y")
    assert features["clock"].time == TimeDomain("%H:%M", of_day=True)
    assert features["seen"].time == TimeDomain(unit="UNIX_MILLISECONDS")
    assert features["picture"].image == ImageDomain(1.0)
    assert features["job"].domain == ("job0", "job1", "job2")
    assert infer(summarize(table)).features["day"].time is None
