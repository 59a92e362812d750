import sqlalchemy as sa


def tables(bind):
    return sa.inspect(bind).get_table_names()


def test_a_test_sees_what_it_wrote(session):
    session.execute(sa.text("CREATE TABLE left_behind (id INTEGER)"))
    session.execute(sa.text("INSERT INTO left_behind VALUES (1)"))
    session.commit()
    assert session.scalar(sa.text("SELECT count(*) FROM left_behind")) == 1


def test_the_next_test_does_not(session, connection):
    assert "left_behind" not in tables(connection)


def test_an_engine_is_of_the_kind_asked_for(engine, database_kind):
    assert engine.dialect.name == database_kind


def test_a_fresh_database_has_the_schema_and_an_empty_one_has_nothing(
    fresh_database_url, empty_database_url, engine
):
    for url, expected in ((fresh_database_url, tables(engine)), (empty_database_url, [])):
        other = sa.create_engine(url)
        assert sorted(tables(other)) == sorted(expected)
        other.dispose()
