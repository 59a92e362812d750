from tests.functional.pages.measured import world as world
from tests.functional.pages.conftest import *
from tests.functional.conftest import *
def test_x(pages, world, statements):
    everything = (
        f"/results?terms=c-ray&benchmark_id={world.benchmark.id}&site_id={world.site.id}&flavor_id={world.flavor.id}&tags_ids={world.tag.id}"
        "&execution_after=2022-12-31T23:59:59.999999Z&execution_before=2024-01-01"
        "&filters=cores+%3D%3D+8&filters=size+%3D%3D+4&sort_by=-json.time"
    )
    pages.get(everything, status=200); statements.clear(); pages.get(everything, status=200)
    print(len(statements))
    for s in statements: print("  *", " ".join(s.split())[:150])
