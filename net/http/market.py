"""The market: live prices."""

from net.http.call import Call
from net.http.routing import Reply, Routes
from net.wire.render import price_json
from net.wire.shapes import Listing, PriceShape

routes = Routes("Market")


@routes.add("GET", "/api/v1/market/prices", keys=True, answer=Listing[PriceShape])
async def list_prices(call: Call) -> Reply:
    """List the current price of every symbol."""
    market = call.edge.views.market
    return Reply({"items": [price_json(symbol, market) for symbol in market.prices], "nextCursor": None})


@routes.add("GET", "/api/v1/market/prices/<symbol>", keys=True, answer=PriceShape)
async def get_price(call: Call, symbol: str) -> Reply:
    """Show the current price of a symbol."""
    return Reply(price_json(symbol, call.edge.views.market))
