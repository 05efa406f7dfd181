"""A finished run put on trial: any change of its files must falsify exactly the right receipts."""
