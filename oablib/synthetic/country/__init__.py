"""A synthetic country: all pupils and toddlers of two years, their schools and municipalities.

No real child is in it. It has what registers know, with their gaps, and the truth apart.
"""

from oablib.synthetic.country.drawn import Country, draw_country
