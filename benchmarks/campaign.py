"""A made-up campaign: one batch of a thousand nodes, which stores repeat."""

from collections.abc import Iterator

from zarr_linked_data.hierarchy import Tree, build_tree, select_level
from zarr_linked_data.jsonld import JSON, Entity

BATCH = 1_000
"""Nodes of a whole batch: itself, 3 preparations, and 249 samples of 4 nodes each."""

PREPARATIONS = 3

LAB = "https://lab.example/id/"
CAT = "http://www.catplus.ch/ontology/concepts/"
SCHEMA = "http://schema.org/"
QUDT = "http://qudt.org/vocab/unit/"
XSD = "http://www.w3.org/2001/XMLSchema#"


def make_tree(samples: int) -> Tree:
    """Place a campaign of so many samples, with an array at each."""
    entities = list(make_entities(samples))
    return build_tree(entities, has_array=select_level(entities, "Sample"))


def make_entities(samples: int) -> Iterator[Entity]:
    """Make the entities of a campaign: each with about 8 statements, as in real ones."""
    preparations = [f"preparation{number}" for number in range(1, PREPARATIONS + 1)]
    yield _entity("campaign", "Campaign", links={"hasBatch": ["batch1"]}, **_words("campaign"))
    yield _entity(
        "batch1", "Batch", links={"hasSamplePreparation": preparations}, **_words("batch1")
    )
    for first, name in enumerate(preparations, 1):
        own = range(first, samples + 1, PREPARATIONS)
        links = {"hasSample": [f"sample{number}" for number in own]}
        yield _entity(name, "SamplePreparation", links=links, **_words(name))
        for number in own:
            yield from _sample(number)


def _words(name: str) -> dict[str, JSON]:
    """Say what there is to say of a group of samples."""
    return {
        SCHEMA + "name": f"{name} of the Suzuki coupling of 4-bromoanisole",
        SCHEMA + "description": "Which solvent and temperature give the best yield of biphenyl?",
        CAT + "reaction": "COc1ccc(Br)cc1.OB(O)c1ccccc1>>COc1ccc(cc1)-c1ccccc1",
        CAT + "startTime": _typed("2024-03-04T08:30:00Z", "dateTime"),
        CAT + "endTime": _typed("2024-03-05T17:00:00Z", "dateTime"),
    }


def _sample(number: int) -> Iterator[Entity]:
    """Make a sample, its array, and what was in it."""
    name, dataset = f"sample{number}", f"sample{number}Dataset"
    part, chemical = f"sampleChemical{number}", f"chemical{number}"
    links = {"hasDataset": [dataset], "hasSampleChemical": [part]}
    measured = _typed(f"2024-03-04T13:{number % 60:02d}:00Z", "dateTime")
    yield _entity(
        name, "Sample", links=links, **_sample_words(number), **{CAT + "measuredOn": measured}
    )
    yield _entity(dataset, "Dataset", **_dataset_words(number), **{CAT + "measuredOn": measured})
    yield _entity(part, "SampleChemical", links={"hasChemical": [chemical]}, **_part_words(number))
    yield _entity(chemical, "Chemical", **_chemical_words(number))


def _sample_words(number: int) -> dict[str, JSON]:
    return {
        SCHEMA + "name": f"sample {number} at 60 °C",
        CAT + "vial": _typed(str(number), "integer"),
        CAT + "isBlank": _typed("false", "boolean"),
        CAT + "internalBarCode": f"2024-03-04-{number:05d}",
    }


def _dataset_words(number: int) -> dict[str, JSON]:
    return {
        SCHEMA + "name": f"absorbance {number}",
        CAT + "unit": {"@id": QUDT + "UNITLESS"},
        CAT + "device": "DAD1A",
        CAT + "channel": _typed("2", "integer"),
    }


def _part_words(number: int) -> dict[str, JSON]:
    return {
        SCHEMA + "name": f"substrate {number}",
        CAT + "role": "substrate",
        CAT + "quantity": _typed(f"{90 + number % 10}.5", "decimal"),
        CAT + "quantityUnit": {"@id": QUDT + "MilliGM"},
        CAT + "expectedDatum": _typed("0.95", "decimal"),
        CAT + "deliveryDate": _typed("2024-02-26", "date"),
    }


def _chemical_words(number: int) -> dict[str, JSON]:
    return {
        SCHEMA + "name": f"4-bromoanisole, bottle {number}",
        CAT + "CASNumber": "104-92-7",
        CAT + "molecularFormula": "C7H7BrO",
        CAT + "molarMass": _typed("187.04", "decimal"),
        CAT + "smiles": "COc1ccc(Br)cc1",
        CAT + "inchi": "InChI=1S/C7H7BrO/c1-9-7-4-2-6(8)3-5-7/h2-5H,1H3",
        CAT + "inchikey": "QJPJQTDYNZXKQF-UHFFFAOYSA-N",
    }


def _typed(text: str, name: str) -> JSON:
    return {"@value": text, "@type": XSD + name}


def _entity(
    name: str, kind: str, *, links: dict[str, list[str]] | None = None, **words: JSON
) -> Entity:
    """Put an entity together, expanded."""
    properties: dict[str, list[JSON]] = {
        iri: [word if isinstance(word, dict) else {"@value": word}] for iri, word in words.items()
    }
    for link, targets in (links or {}).items():
        properties[CAT + link] = [{"@id": LAB + target} for target in targets]
    return Entity(LAB + name, (CAT + kind,), properties)
