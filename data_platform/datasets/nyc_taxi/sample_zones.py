"""The TLC's taxi zones for the generated sample, and the lookup file that lists them."""

import io
from dataclasses import dataclass

_KINDS = {
    "A": ("Queens", "Airports"),
    "E": ("EWR", "EWR"),
    "K": ("Brooklyn", "Boro Zone"),
    "M": ("Manhattan", "Yellow Zone"),
    "Q": ("Queens", "Boro Zone"),
    "S": ("Staten Island", "Boro Zone"),
    "U": ("Manhattan", "Boro Zone"),
    "X": ("Bronx", "Boro Zone"),
}
# Zones 1 to 263 in the order of their ids: a letter of _KINDS and the name.
_NAMES = """
E Newark Airport; Q Jamaica Bay; X Allerton/Pelham Gardens; M Alphabet City; S Arden Heights; S Arrochar/Fort
Wadsworth; Q Astoria; Q Astoria Park; Q Auburndale; Q Baisley Park; K Bath Beach; M Battery Park; M Battery Park
City; K Bay Ridge; Q Bay Terrace/Fort Totten; Q Bayside; K Bedford; X Bedford Park; Q Bellerose; X Belmont; K
Bensonhurst East; K Bensonhurst West; S Bloomfield/Emerson Hill; M Bloomingdale; K Boerum Hill; K Borough Park; Q
Breezy Point/Fort Tilden/Riis Beach; Q Briarwood/Jamaica Hills; K Brighton Beach; Q Broad Channel; X Bronx Park; X
Bronxdale; K Brooklyn Heights; K Brooklyn Navy Yard; K Brownsville; K Bushwick North; K Bushwick South; Q Cambria
Heights; K Canarsie; K Carroll Gardens; U Central Harlem; U Central Harlem North; M Central Park; S
Charleston/Tottenville; M Chinatown; X City Island; X Claremont/Bathgate; M Clinton East; K Clinton Hill; M Clinton
West; X Co-Op City; K Cobble Hill; Q College Point; K Columbia Street; K Coney Island; Q Corona; Q Corona; X Country
Club; X Crotona Park; X Crotona Park East; K Crown Heights North; K Crown Heights South; K Cypress Hills; Q
Douglaston; K Downtown Brooklyn/MetroTech; K DUMBO/Vinegar Hill; K Dyker Heights; M East Chelsea; X East
Concourse/Concourse Village; Q East Elmhurst; K East Flatbush/Farragut; K East Flatbush/Remsen Village; Q East
Flushing; U East Harlem North; U East Harlem South; K East New York; K East New York/Pennsylvania Avenue; X East
Tremont; M East Village; K East Williamsburg; X Eastchester; Q Elmhurst; Q Elmhurst/Maspeth; S
Eltingville/Annadale/Prince's Bay; K Erasmus; Q Far Rockaway; M Financial District North; M Financial District
South; K Flatbush/Ditmas Park; M Flatiron; K Flatlands; Q Flushing; Q Flushing Meadows-Corona Park; X Fordham South;
Q Forest Hills; Q Forest Park/Highland Park; K Fort Greene; Q Fresh Meadows; S Freshkills Park; M Garment District;
Q Glen Oaks; Q Glendale; M Governor's Island/Ellis Island/Liberty Island; M Governor's Island/Ellis Island/Liberty
Island; M Governor's Island/Ellis Island/Liberty Island; K Gowanus; M Gramercy; K Gravesend; S Great Kills; S Great
Kills Park; K Green-Wood Cemetery; K Greenpoint; M Greenwich Village North; M Greenwich Village South; S Grymes
Hill/Clifton; U Hamilton Heights; Q Hammels/Arverne; S Heartland Village/Todt Hill; X Highbridge; U Highbridge Park;
Q Hillcrest/Pomonok; Q Hollis; K Homecrest; Q Howard Beach; M Hudson Sq; X Hunts Point; U Inwood; U Inwood Hill
Park; Q Jackson Heights; Q Jamaica; Q Jamaica Estates; A JFK Airport; K Kensington; Q Kew Gardens; Q Kew Gardens
Hills; X Kingsbridge Heights; M Kips Bay; A LaGuardia Airport; Q Laurelton; M Lenox Hill East; M Lenox Hill West; M
Lincoln Square East; M Lincoln Square West; M Little Italy/NoLiTa; Q Long Island City/Hunters Point; Q Long Island
City/Queens Plaza; X Longwood; M Lower East Side; K Madison; K Manhattan Beach; M Manhattan Valley; U
Manhattanville; U Marble Hill; K Marine Park/Floyd Bennett Field; K Marine Park/Mill Basin; S Mariners Harbor; Q
Maspeth; M Meatpacking/West Village West; X Melrose South; Q Middle Village; M Midtown Center; M Midtown East; M
Midtown North; M Midtown South; K Midwood; U Morningside Heights; X Morrisania/Melrose; X Mott Haven/Port Morris; X
Mount Hope; M Murray Hill; Q Murray Hill-Queens; S New Dorp/Midland Beach; Q North Corona; X Norwood; Q Oakland
Gardens; S Oakwood; K Ocean Hill; K Ocean Parkway South; Q Old Astoria; Q Ozone Park; K Park Slope; X Parkchester; X
Pelham Bay; X Pelham Bay Park; X Pelham Parkway; M Penn Station/Madison Sq West; S Port Richmond; K
Prospect-Lefferts Gardens; K Prospect Heights; K Prospect Park; Q Queens Village; Q Queensboro Hill; Q
Queensbridge/Ravenswood; M Randalls Island; K Red Hook; Q Rego Park; Q Richmond Hill; Q Ridgewood; X Rikers Island;
X Riverdale/North Riverdale/Fieldston; Q Rockaway Park; U Roosevelt Island; Q Rosedale; S Rossville/Woodrow; Q Saint
Albans; S Saint George/New Brighton; Q Saint Michaels Cemetery/Woodside; X Schuylerville/Edgewater Park; M Seaport;
K Sheepshead Bay; M SoHo; X Soundview/Bruckner; X Soundview/Castle Hill; S South Beach/Dongan Hills; Q South
Jamaica; Q South Ozone Park; K South Williamsburg; Q Springfield Gardens North; Q Springfield Gardens South; X
Spuyten Duyvil/Kingsbridge; S Stapleton; K Starrett City; Q Steinway; M Stuy Town/Peter Cooper Village; K Stuyvesant
Heights; Q Sunnyside; K Sunset Park East; K Sunset Park West; M Sutton Place/Turtle Bay North; M Times Sq/Theatre
District; M TriBeCa/Civic Center; M Two Bridges/Seward Park; M UN/Turtle Bay South; M Union Sq; X University
Heights/Morris Heights; M Upper East Side North; M Upper East Side South; M Upper West Side North; M Upper West Side
South; X Van Cortlandt Park; X Van Cortlandt Village; X Van Nest/Morris Park; U Washington Heights North; U
Washington Heights South; S West Brighton; M West Chelsea/Hudson Yards; X West Concourse; X West Farms/Bronx River;
M West Village; X Westchester Village/Unionport; S Westerleigh; Q Whitestone; Q Willets Point; X
Williamsbridge/Olinville; K Williamsburg (North Side); K Williamsburg (South Side); K Windsor Terrace; Q Woodhaven;
X Woodlawn/Wakefield; Q Woodside; M World Trade Center; M Yorkville East; M Yorkville West
"""


@dataclass(frozen=True)
class Zone:
    """A taxi zone as the TLC lists it."""

    id: int
    borough: str
    name: str
    service_zone: str


def _zones() -> tuple[Zone, ...]:
    named = [entry.strip().split(" ", 1) for entry in " ".join(_NAMES.split()).split(";")]
    known = [Zone(number, _KINDS[kind][0], name, _KINDS[kind][1]) for number, (kind, name) in enumerate(named, 1)]
    # Names that look like missing values and are not: a careless reader turns them into NULL.
    return (*known, Zone(264, "Unknown", "NV", "N/A"), Zone(265, "Unknown", "NA", "N/A"))


ZONES = _zones()


def lookup_csv() -> bytes:
    """The lookup file: quoted texts, bare ids, CRLF line ends."""
    text = io.StringIO(newline="")
    text.write('"LocationID","Borough","Zone","service_zone"\r\n')
    for zone in ZONES:
        text.write(f'{zone.id},"{zone.borough}","{zone.name}","{zone.service_zone}"\r\n')
    return text.getvalue().encode()
