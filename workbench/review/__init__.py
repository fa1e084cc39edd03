"""What a supervisor looks at and decides: what waits, the original beside the claim, signed decisions.

``queue`` lists, ``looking`` shows, ``deciding`` signs. Looking is kept in the audit chain and changes nothing.
"""
