"""What an asset was worth at a moment, and where that number comes from. Pure: prices go in, prices come out."""
