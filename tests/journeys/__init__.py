"""Stories of people and Handrail, told over real HTTP."""
